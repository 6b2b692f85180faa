// The rules' suggestion as the API gives it, and how it is read out on screen.
import { texts } from "./texts";

export type Suggestion = {
  kind: string;
  topic: string;
  urgency: string;
  outcome: string;
  lead_unit: string;
  co_units: string[];
  town: string;
  places: { name: string; town: string; confidence: number; words: string; kind: string }[];
  missing: string[];
  next_question: string;
  opinion?: string;
};

/** The nearest thing to an address that was said: a road, an estate, a village, not the town itself. */
export function address(suggestion: Suggestion): string {
  return suggestion.places.find((place) => place.name !== suggestion.town && place.name !== place.town)?.name ?? "";
}

export const TERRITORY = "TERRITORY";

export type Shown = { label: string; value: string; hot?: boolean };

export function lines(suggestion: Suggestion, unitName: (id: string) => string, outcomeName: (code: string) => string): Shown[] {
  const fields = texts.ticket.fields;
  const unit = (id: string) => (id === TERRITORY ? texts.assist.territory : unitName(id));
  const place = [suggestion.town, address(suggestion)].filter(Boolean).join(" ");
  return [
    { label: fields.outcome!, value: outcomeName(suggestion.outcome) },
    { label: fields.urgency!, value: suggestion.urgency, hot: suggestion.urgency !== "一般" },
    { label: fields.kind!, value: suggestion.kind },
    { label: fields.topic!, value: suggestion.topic },
    { label: texts.assist.lead, value: unit(suggestion.lead_unit) },
    { label: texts.assist.co, value: suggestion.co_units.map(unit).join("、") },
    { label: texts.assist.place, value: place },
    { label: texts.assist.missing, value: suggestion.missing.join("、") },
  ].filter((line) => line.value);
}
