import os from 'node:os'
import path from 'node:path'
import { readFileSync } from 'node:fs'
import { versionsOfOthers } from './other-packages.ts'

/** What absolute times depend on. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGB: number
  readonly system: string
  readonly node: string
  readonly postgres: string
  readonly packages: Readonly<Record<string, string>>
  /** The load average of the last minute: 0 is a machine with nothing else to do. */
  readonly loadBefore: number
}

export function describeMachine(postgres: string): Machine {
  const cpus = os.cpus()
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    postgres,
    packages: { 'pg-sandbox': ownVersion(), ...versionsOfOthers() },
    loadBefore: Math.round((os.loadavg()[0] ?? 0) * 10) / 10,
  }
}

function ownVersion(): string {
  const text = readFileSync(path.join(__dirname, '..', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

export function lineAbout({ cpu, cores, memoryGB, node, postgres, loadBefore }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGB} GB, Node ${node}, PostgreSQL ${postgres} (fsync off), load ${loadBefore}`
}
