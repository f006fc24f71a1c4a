/**
 * Replaced methods of prototypes, put back as they were.
 *
 * patched-client.ts and patched-pool.ts replace methods by it, copies-of-pg.ts puts them back when the sandbox is closed.
 */

interface Patch {
  readonly target: object
  readonly name: string
  readonly original: PropertyDescriptor
  readonly replacement: unknown
}

export class Patches {
  #applied: Patch[] = []

  /**
   * Replaces a method that `target` itself has. One that is replaced already is left, also under a replacement that
   * somebody else has put over it.
   *
   * @param replace makes the replacement from the original
   */
  apply<Target extends object, Name extends keyof Target & string>(
    target: Target,
    name: Name,
    replace: (original: Target[Name]) => Target[Name],
  ): void {
    const original = Object.getOwnPropertyDescriptor(target, name)
    if (original === undefined)
      throw new TypeError(`pg-sandbox: there is no ${name}() to replace; is this pg 8.11 or newer?`)
    const applied = this.#applied.find((patch) => patch.target === target && patch.name === name)
    if (applied !== undefined && original.value !== applied.original.value) return
    this.#applied = this.#applied.filter((patch) => patch !== applied)
    const replacement = replace(original.value as Target[Name])
    Object.defineProperty(target, name, { ...original, value: replacement })
    this.#applied.push({ target, name, original, replacement })
  }

  /**
   * Puts the originals back, last first. A method that someone else has replaced since is left: theirs calls ours, and
   * ours passes everything on while no sandbox is open.
   */
  restore(): void {
    const kept = this.#applied.toReversed().filter((patch) => !restoreOne(patch))
    this.#applied = kept.toReversed()
  }
}

function restoreOne({ target, name, original, replacement }: Patch): boolean {
  if (Object.getOwnPropertyDescriptor(target, name)?.value !== replacement) return false
  Object.defineProperty(target, name, original)
  return true
}
