/** Texts for people: one line, shortened, without secrets. */
import { hideSecrets } from './sql/secrets.ts'

export { hideSecrets }

/** No more of a text is read: comments and blanks may stand before what is shown, but not so many. */
const READ = 50_000

/** SQL, or what somebody has said of it, in an error, a warning or the log. */
export function excerpt(sql: string, length = 100): string {
  // Before it is shortened: a secret without its end would not be known for one.
  return shorten(hideSecrets(sql.slice(0, READ)), length)
}

export function shorten(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}
