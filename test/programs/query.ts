/** How both kinds of programs hand a statement and a cursor to pg. */
import type { QueryConfig, Submittable } from 'pg'
import type { Bound, Statement } from './program.ts'

/** A statement as pg takes it. */
export function queryOf(unit: Statement | Bound): string | QueryConfig {
  const { sql: text, protocol } = unit
  const values = unit.kind === 'bound' ? [...unit.values] : []
  if (protocol === 'simple') return text
  if (protocol === 'prepared') return { name: nameOf(text), text, values }
  return { text, values, queryMode: 'extended' } as QueryConfig
}

/** One name for one text, within the 63 bytes of a name. */
function nameOf(text: string): string {
  if (text.length < 50) return text
  let hash = 0
  for (let i = 0; i < text.length; i += 1) hash = (hash * 31 + text.charCodeAt(i)) | 0
  return `${text.slice(0, 40)}#${hash}`
}

export type Cursor = Submittable & { read(rows: number): Promise<unknown[]>; close(): Promise<void> }

export const CursorClass: new (text: string) => Cursor = require('pg-cursor')
