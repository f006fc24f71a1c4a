/** What is a secret by its name: a column, a parameter, a setting. Errors, warnings and the log of SQL hide its values. */

/** What may follow the word: `password_hash`, `new_password_confirmation`, `tokenValue`. */
const QUALIFIERS: ReadonlySet<string> = new Set(
  'hash hashed digest salt confirmation encrypted plain raw value text encoded hex pem'.split(' '),
)

const SECRET = /(?:passwords?|passwd|passphrase|passcode|pwd|secrets?|token|credentials?|jwt)$/
/** `api_key` and `apikey`, but no `monkey`. */
const KEY =
  /^(?:api|app|access|auth|client|encryption|license|private|secret|server|service|session|sign|signing|ssh)?key$/
/** Before `key`: what a person looks for in a log, and nobody keeps to himself. */
const OPEN: ReadonlySet<string> = new Set(
  'cache composite foreign idempotency lookup natural partition primary public search sort surrogate translation unique'.split(
    ' ',
  ),
)

/**
 * Is the value of a column, parameter or setting of this name a secret?
 *
 * @example
 * isSecretName('api_key') // true
 * isSecretName('app.jwtSecret') // true
 * isSecretName('password_changed_at') // false
 */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name)
  while (words.length > 1 && QUALIFIERS.has(words.at(-1)!)) words.pop()
  const last = words.at(-1) ?? ''
  return SECRET.test(last) || (KEY.test(last) && !OPEN.has(words.at(-2) ?? ''))
}

function wordsOf(name: string): string[] {
  const apart = name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase()
  return apart.split(/[^a-z]+/).filter((word) => word !== '')
}
