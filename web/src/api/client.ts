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
  if (said.error === "invalid_request") {
    // The page knows the fields by the names people read.
    const names: Record<string, string> = { ...texts.ticket.order, ...texts.ticket.fields };
    const where = said.details.fields.map((wrong: { field: string; problem: string }) => `${names[wrong.field] ?? wrong.field}${wrong.problem}`);
    return new ApiError(422, said.error, `${texts.errors.invalid}${where.join("；")}`);
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
