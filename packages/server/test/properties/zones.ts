import * as fc from "fast-check";

/** Each is odd in its own way: dates far ahead or behind, half and quarter hours, half-hour DST, a day that never was. */
export const zones: readonly string[] = [
  "UTC",
  "Pacific/Kiritimati",
  "Pacific/Pago_Pago",
  "Pacific/Apia",
  "America/St_Johns",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "America/Sao_Paulo",
];
export const zone: fc.Arbitrary<string> = fc.constantFrom(...zones);
export const hourMs: number = 3_600_000;
export const instant: fc.Arbitrary<number> = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2037, 0) });
/** Since no place sets its clocks back in the first minutes of a day any more. */
export const recently: fc.Arbitrary<number> = fc.integer({ min: Date.UTC(2012, 0), max: Date.UTC(2037, 0) });
