// Do what a button says: one at a time, with the refusal's own sentence when it does not work.
import { ElMessage } from "element-plus";
import { ref } from "vue";

import { ApiError } from "./api/client";
import { texts } from "./texts";

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
      const message = failure instanceof ApiError ? failure.message : texts.errors.server(0);
      if (!(failure instanceof ApiError)) console.error(failure);
      ElMessage({ type: "error", message, duration: 6000, showClose: true });
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, act };
}
