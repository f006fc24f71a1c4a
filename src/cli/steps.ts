/** One thing that init does, or tells the user to do. */
import type { ReadText } from './project.ts'

export type Step =
  /** A file that does not exist yet. */
  | { readonly kind: 'write'; readonly path: string; readonly text: string }
  /** A file that exists and is left: what should be in it. */
  | { readonly kind: 'show'; readonly path: string; readonly text: string }
  /** Something that is as it should be. */
  | { readonly kind: 'done'; readonly text: string }
  /** Lines for a file that exists, to be added by hand; `where` completes the sentence "In that file, …". */
  | { readonly kind: 'add'; readonly path: string; readonly where: string; readonly lines: string }
  | { readonly kind: 'note'; readonly text: string }

export function note(text: string): Step {
  return { kind: 'note', text }
}

/** Writes the file, or shows what should be in the one that is there: hooks, which come from the package itself or a runner's entry. */
export function newFile(read: ReadText, path: string, text: string): Step {
  const present = read(path)
  if (present === undefined) return { kind: 'write', path, text }
  if (present.replaceAll('\r\n', '\n').trim() === text.trim())
    return { kind: 'done', text: `${path} is there already.` }
  if (/['"]pg-sandbox(?:\/(?:jest|vitest|node-test))?['"]/.test(present))
    return { kind: 'done', text: `${path} is there already and uses pg-sandbox.` }
  return { kind: 'show', path, text }
}

/** A file with one of the extensions: the first that is there, if any, before the one that would be written. */
export function existing(read: ReadText, stem: string, extensions: readonly string[]): string | undefined {
  return extensions.map((extension) => `${stem}.${extension}`).find((path) => read(path) !== undefined)
}
