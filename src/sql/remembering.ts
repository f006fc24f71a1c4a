/** A memory of what was made of texts, as applications send the same ones again and again. */

const ENTRIES = 500
const LONGEST = 8192

/**
 * Remembers at least the last 500 results used, of texts of up to 8192 characters. They are kept in two generations: the
 * older is dropped when the younger is full, without those used meanwhile.
 */
export function remembering<Result>(of: (text: string) => Result): (text: string) => Result {
  let young = new Map<string, Result>()
  let old = young
  return (text) => {
    if (text.length > LONGEST) return of(text)
    const known = young.get(text)
    if (known !== undefined) return known
    const result = old.get(text) ?? of(text)
    if (young.size >= ENTRIES) {
      old = young
      young = new Map()
    }
    young.set(text, result)
    return result
  }
}
