/**
 * Scripts of one or two clients that once gave another answer in a sandbox. The tests of this folder state them; each runs
 * plainly and in a sandbox, and what pg gives for each line must be the same, with the status of both clients after it.
 */
import { Client, type QueryConfig, type QueryResult } from 'pg'
import { Recorder } from '../../compliance/recorder.ts'
import { describeError, type Urls, useBothWays } from '../../support/both-ways.ts'

const SCHEMA = `
  create table notes (id int primary key, text text);
  create table child (id int, note int references notes deferrable initially deferred);
  create table shifty (id int constraint shifty_id unique deferrable initially immediate);
  create function write_note() returns int language plpgsql as $$ begin
    insert into notes values (coalesce((select max(id) from notes), 0) + 1); return 1; end $$;
  create view writing as select write_note() as w;
  grant all on all tables in schema public to app_user;
`

type Query = string | QueryConfig

/** What the first client sends, or the second. */
export type Line = Query | { readonly byOther: Query }

/** A line of the second client. */
export function other(query: Query): Line {
  return { byOther: query }
}

/**
 * Gives the function with which a file states its scripts.
 *
 * @example
 * const asInPg = useScripts()
 * asInPg('a write in a read-only transaction fails', ['begin read only', 'delete from notes', 'rollback'])
 */
export function useScripts(): (name: string, lines: readonly Line[]) => void {
  const bothWays = useBothWays(SCHEMA)
  return (name, lines) => {
    test(name, () => bothWays.expectSame((urls) => play(urls, lines)), 20_000)
  }
}

async function play({ url }: Urls, lines: readonly Line[]): Promise<unknown[]> {
  const [first, second] = [recorderOf(url()), recorderOf(url())]
  try {
    await first.connect()
    await second.connect()
    const log: unknown[] = []
    for (const line of lines) {
      const isByOther = typeof line === 'object' && 'byOther' in line
      const speaker = isByOther ? second : first
      const query = isByOther ? line.byOther : line
      const outcome = await outcomeOf(speaker.client.query(query))
      // pg rejects at ErrorResponse, and the status comes with ReadyForQuery, maybe in a later packet.
      await speaker.idle()
      log.push([query, outcome, first.status, second.status])
    }
    return log
  } finally {
    await first.end()
    await second.end()
  }
}

function recorderOf(url: string): Recorder {
  return new Recorder('a client', new Client({ connectionString: url }), [], 'simple')
}

/** What pg gives: for a string of several statements an array of results. */
async function outcomeOf(answer: Promise<QueryResult | QueryResult[]>): Promise<unknown> {
  try {
    const results = await answer
    return Array.isArray(results) ? results.map(partsOf) : partsOf(results)
  } catch (error) {
    return describeError(error)
  }
}

function partsOf({ command, rowCount, rows }: QueryResult): unknown {
  return { command, rowCount, rows }
}
