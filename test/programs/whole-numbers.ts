/**
 * The whole numbers among the options of `npm run fuzz` and `npm run faults`.
 *
 * @throws {Error} where one of them is none, or is less than its least value
 *
 * @example
 * const { programs, seed } = wholeNumbers(values, { programs: 1, seed: Number.MIN_SAFE_INTEGER })
 */
export function wholeNumbers<Name extends string>(
  values: Readonly<Record<NoInfer<Name>, string>>,
  least: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(least) as Name[]
  const numbers = names.map((name) => [name, Number(values[name])] as const)
  const wrong = numbers.filter(([name, value]) => !Number.isSafeInteger(value) || value < least[name])
  if (wrong.length > 0)
    throw new Error(wrong.map(([name]) => `--${name} takes a whole number from ${least[name]} up.`).join(' '))
  return Object.fromEntries(numbers) as Record<Name, number>
}
