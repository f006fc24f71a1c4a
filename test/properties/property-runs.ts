/**
 * How many texts a property is tried with, as a unit of which each property takes some. Brief by default, since the unit
 * tests are what one runs beside writing; `PROPERTY_RUNS=500` is the full count, which `.ci/run` takes. The seed is printed
 * where a property fails.
 */
export const PROPERTY_RUNS = Number(process.env['PROPERTY_RUNS'] ?? 200)

/** Is it less than the full count? */
export const isBrief = PROPERTY_RUNS < 500
