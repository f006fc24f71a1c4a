export { globalSetup, globalSetup as default } from './global-setup.ts'
