import { spawn } from 'node:child_process'
import path from 'node:path'

export const DELAY = 2

/** Starts delay-process.cjs in front of the server at `url`. */
export async function startDelayed(url: string): Promise<{ url: string; stop(): void }> {
  const delayed = new URL(url)
  const script = path.join(__dirname, 'delay-process.cjs')
  const child = spawn(process.execPath, [script, delayed.port || '5432', String(DELAY)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  delayed.port = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the proxy ended with ${code}`)))
  })
  return { url: delayed.href, stop: () => child.stdin.end() }
}
