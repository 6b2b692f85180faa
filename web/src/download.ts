// What the server writes as a file, saved by the browser.
import { ElMessageBox } from "element-plus";

import { texts } from "./texts";

export function download(path: string, query: Record<string, string> = {}): void {
  window.location.assign(`${path}?${new URLSearchParams(query)}`);
}

/** The same, with a purpose that the server keeps on record. */
export async function exportFor(path: string, query: Record<string, string>): Promise<void> {
  const asked = await ElMessageBox.prompt(texts.ticket.exportReason, texts.ticket.export, {
    inputPattern: /\S{2,}/,
    inputErrorMessage: texts.ticket.need(texts.ticket.exportReason),
  }).catch(() => null);
  if (asked) download(path, { ...query, reason: asked.value });
}

/** A form with one file, as the client sends it. */
export function fileForm(file: File, fields: Record<string, string> = {}) {
  const form = new FormData();
  form.set("file", file);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return { body: form as never, bodySerializer: () => form };
}
