/** Tells whoever runs the tests what no error tells, by Node's own means: on stderr, unless `--no-warnings` is given. */
export function warn(code: string, text: string): void {
  process.emitWarning(text, { type: 'PgSandboxWarning', code })
}
