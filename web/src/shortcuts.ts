// Keys that work on every page. With Alt, because operators type all day.
import { onMounted, onUnmounted } from "vue";

export type Shortcuts = Record<string, () => void>;

export function useShortcuts(keys: Shortcuts): void {
  const hear = (event: KeyboardEvent) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const act = keys[event.code];
    if (!act) return;
    event.preventDefault();
    act();
  };
  onMounted(() => addEventListener("keydown", hear));
  onUnmounted(() => removeEventListener("keydown", hear));
}
