// One typed client for the whole application. Every refusal becomes an ApiError with a sentence for people.
import createClient, { type Middleware } from "openapi-fetch";

import { texts } from "../texts";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

let onLoggedOut: () => void = () => {};

/** Called when the session has ended, whichever request noticed it. */
export function whenLoggedOut(act: () => void): void {
  onLoggedOut = act;
}

async function refusal(response: Response): Promise<ApiError> {
  const said = await response
    .clone()
    .json()
    .catch(() => ({}));
  if (response.status === 422 && Array.isArray(said.detail)) {
    const where = said.detail.map((fault: { loc: (string | number)[]; msg: string; type: string }) => {
      const field = String(fault.loc.at(-1));
      return `${texts.ticket.fields[field] ?? field}${texts.errors.faults[fault.type] ?? `：${fault.msg.replace("Value error, ", "")}`}`;
    });
    return new ApiError(422, "invalid", `${texts.errors.invalid}${where.join("；")}`);
  }
  return new ApiError(response.status, said.error ?? "", said.message ?? texts.errors.server(response.status));
}

const refuse: Middleware = {
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    if (response.status === 401 && schemaPath !== "/api/login") onLoggedOut();
    throw await refusal(response);
  },
  onError() {
    return new ApiError(0, "unreachable", texts.errors.unreachable);
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin, querySerializer: { array: { style: "form", explode: true } } });
api.use(refuse);

/** The body of an answer that is known to have one. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
