// What the server writes as a file, saved by the browser.
export function download(path: string, query: Record<string, string> = {}): void {
  window.location.assign(`${path}?${new URLSearchParams(query)}`);
}

/** A form with one file, as the client sends it. */
export function fileForm(file: File, fields: Record<string, string> = {}) {
  const form = new FormData();
  form.set("file", file);
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return { body: form as never, bodySerializer: () => form };
}
