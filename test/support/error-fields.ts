/** What `pg` tells of an error or notice of the server, and records compare; not where in the server's source it arose. */
export const ERROR_FIELDS: readonly string[] = [
  'severity',
  'code',
  'message',
  'detail',
  'hint',
  'position',
  'internalPosition',
  'internalQuery',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
]
