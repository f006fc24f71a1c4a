/** Where in the application a call was made, for an error that may need to say so. */
import { sep } from 'node:path'

/** The folder of this package, whose frames are left out; not those of a folder whose name only begins like it. */
const PACKAGE = __dirname + sep
const FRAMES = 50
const SHOWN = 8

/** The application's frames of the present call stack, innermost first; not this package's, pg's or Node's. */
export function callSite(): string {
  return rememberCall()()
}

/** Takes note of the call stack, and tells its frames when they are asked for: to write them out costs the most. */
export function rememberCall(): () => string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  const call = new Error('call site')
  Error.stackTraceLimit = limit
  return () => framesOf(call)
}

function framesOf({ stack = '' }: Error): string {
  const frames = stack.split('\n').slice(1).filter(isApplication)
  return frames.slice(0, SHOWN).join('\n') || '    (not known: no frame of the application was on the stack)'
}

function isApplication(line: string): boolean {
  return (
    !line.includes(PACKAGE) &&
    !line.endsWith('(<anonymous>)') &&
    !/\(?node:|[\\/]node_modules[\\/]pg(?:-\w+)*[\\/]/.test(line)
  )
}
