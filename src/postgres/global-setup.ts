export { serveRun as default } from './serve-run.ts'
