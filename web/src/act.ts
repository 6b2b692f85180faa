// Do what a button says: one at a time, with the refusal's own sentence when it does not work.
import { ElMessage } from "element-plus";
import { ref } from "vue";

import { ApiError } from "./api/client";
import { texts } from "./texts";

function tell(failure: unknown): void {
  const message = failure instanceof ApiError ? failure.message : texts.errors.server(0);
  if (!(failure instanceof ApiError)) console.error(failure);
  ElMessage({ type: "error", message, duration: 6000, showClose: true });
}

/** Fetch anew what a page shows: the last question counts, however late the answers to earlier ones come. */
export function useLatest() {
  const loading = ref(false);
  let asked = 0;

  async function latest<T>(fetch: () => Promise<T>, take: (found: T) => void): Promise<void> {
    const mine = ++asked;
    loading.value = true;
    try {
      const found = await fetch();
      if (mine === asked) take(found);
    } catch (failure) {
      if (mine === asked) tell(failure);
    } finally {
      if (mine === asked) loading.value = false;
    }
  }
  return { loading, latest };
}

export function useAct() {
  const busy = ref(false);

  /** Resolves to false when it was refused; the reason has been shown. */
  async function act(what: () => Promise<unknown>, done = ""): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    try {
      await what();
      if (done) ElMessage.success(done);
      return true;
    } catch (failure) {
      tell(failure);
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, act };
}
