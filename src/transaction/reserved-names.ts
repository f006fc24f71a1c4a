/** Names on the real connection that begin with this are ours: savepoints, statements, portals. */
export const RESERVED_PREFIX = 'pg-sandbox '

/** The savepoint in front of what can be undone. */
export const GUARD: string = `"${RESERVED_PREFIX}guard"`
