// What a ticket's fields may hold, and the units by their id; loaded once.
import { defineStore } from "pinia";
import { ref } from "vue";

import { type Schemas, api, body } from "../api/client";
import { texts } from "../texts";

export const useCatalogue = defineStore("catalogue", () => {
  const choices = ref<Schemas["CatalogueOut"]>({ kinds: [], topics: [], urgencies: [], outcomes: [], towns: [] });
  const units = ref<Schemas["UnitOut"][]>([]);
  let loading: Promise<void> | null = null;

  function load(): Promise<void> {
    loading ??= Promise.all([body(api.GET("/api/routing/catalogue")).catch(() => choices.value), body(api.GET("/api/units"))]).then(
      ([found, all]) => {
        choices.value = found;
        units.value = all;
      },
      (failure) => {
        loading = null;
        throw failure;
      },
    );
    return loading;
  }

  const unitName = (id: string | null | undefined) => units.value.find((unit) => unit.id === id)?.name ?? id ?? "";
  /** Units as the dispatch catalogue writes them: by id, as a specialist, or whichever town it is. */
  const unitNames = (said: string) =>
    said
      .split("、")
      .map((part) => (part === "TERRITORY" ? texts.dispatchCatalogue.territory : unitName(part.replace(/^SPECIALIST:/, ""))))
      .join("、");
  const outcomeName = (code: string) => choices.value.outcomes.find((outcome) => outcome.value === code)?.label ?? code;
  return { choices, units, load, unitName, unitNames, outcomeName };
});
