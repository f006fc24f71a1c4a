import { configure, processCLIArgs, run } from '@japa/runner'
import { pgSandbox } from './japa-sandbox.js'

processCLIArgs(process.argv.slice(2))
configure({ files: ['*.spec.js'], plugins: [pgSandbox] })
void run()
