// What a ticket's fields may hold, and the units by their id; loaded once.
import { defineStore } from "pinia";
import { type Ref, ref } from "vue";

import { ApiError, type Schemas, api, body } from "../api/client";
import { texts } from "../texts";

const AGAIN_MS = 5000;

export const useCatalogue = defineStore("catalogue", () => {
  const choices = ref<Schemas["CatalogueOut"]>({ kinds: [], topics: [], urgencies: [], outcomes: [], towns: [] });
  const units = ref<Schemas["UnitOut"][]>([]);
  let loading: Promise<unknown> | null = null;

  function load(): void {
    loading ??= Promise.all([ask(() => body(api.GET("/api/routing/catalogue")), choices), ask(() => body(api.GET("/api/units")), units)]);
  }

  /** What is not there yet, as right after a start, is asked for again; who may not ask, may as somebody else. */
  async function ask<Found>(question: () => Promise<Found>, into: Ref<Found>): Promise<void> {
    try {
      into.value = await question();
    } catch (failure) {
      if (failure instanceof ApiError && [401, 403].includes(failure.status)) loading = null;
      else setTimeout(() => void ask(question, into), AGAIN_MS);
    }
  }

  const unitName = (id: string | null | undefined) => units.value.find((unit) => unit.id === id)?.name ?? id ?? "";
  /** Units as the dispatch catalogue writes them: by id, as a specialist, or whichever town it is. */
  const unitNames = (said: string) =>
    said
      .split("、")
      .map((part) => (part === "TERRITORY" ? texts.dispatchCatalogue.territory : unitName(part.replace(/^SPECIALIST:/, ""))))
      .join("、");
  /** Nothing while the names are not there yet: people read no codes. */
  const outcomeName = (code: string) => (choices.value.outcomes.length ? (choices.value.outcomes.find((outcome) => outcome.value === code)?.label ?? code) : "");
  return { choices, units, load, unitName, unitNames, outcomeName };
});
