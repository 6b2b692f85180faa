// A list that comes page by page: load it anew, or what follows.
import { type Ref, ref } from "vue";

import { useAct } from "./act";

export type Page<Item, Cursor> = { items: Item[]; next: Cursor | null };

export function usePages<Item, Cursor>(fetch: (before?: Cursor) => Promise<Page<Item, Cursor>>) {
  const { busy, act } = useAct();
  const items = ref([]) as Ref<Item[]>;
  const next = ref(null) as Ref<Cursor | null>;

  async function load(): Promise<void> {
    await act(async () => {
      const page = await fetch();
      [items.value, next.value] = [page.items, page.next];
    });
  }

  async function more(): Promise<void> {
    await act(async () => {
      const page = await fetch(next.value ?? undefined);
      items.value = [...items.value, ...page.items];
      next.value = page.next;
    });
  }

  return { busy, items, next, load, more };
}
