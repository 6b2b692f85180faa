// The name of this page: a seat is held by one page, and a page that is loaded again is still the same one.
const STORED = "hotline-page";

let named: Promise<string> | null = null;

/** A duplicated tab brings its original's name along: while that one lives, it gets a name of its own. */
async function choose(): Promise<string> {
  const kept = sessionStorage.getItem(STORED);
  if (kept && (await hold(kept))) return kept;
  const fresh = crypto.randomUUID();
  sessionStorage.setItem(STORED, fresh);
  await hold(fresh);
  return fresh;
}

/** Keep the name for as long as the page lives; false when another page has it. */
function hold(name: string): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    void navigator.locks.request(`hotline page ${name}`, { ifAvailable: true }, (lock) => {
      resolve(!!lock);
      return lock ? new Promise<void>(() => undefined) : undefined;
    });
  });
}

export function pageName(): Promise<string> {
  return (named ??= choose());
}
