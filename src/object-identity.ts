/** Functions and objects in keys that are text: told apart by identity, as what they hold cannot be compared. */

let objects = 0
const ids = new WeakMap<object, number>()

/** The value itself where it is neither a function nor an object. */
export function toldApart(value: unknown): unknown {
  if (!(value instanceof Object)) return value
  const id = ids.get(value) ?? (objects += 1)
  ids.set(value, id)
  return { object: id }
}
