'use strict'

// node -r register-typescript.cjs script.cjs: the sources of the package in a plain Node process, without a build.

const { readFileSync } = require('node:fs')
const Module = require('node:module')
const { transformSync } = require('@swc/core')

require.extensions['.ts'] = (module, filename) => {
  /** @type {import('@swc/core').Options} */
  const options = {
    filename,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  }
  const { code } = transformSync(readFileSync(filename, 'utf8'), options)
  Reflect.get(module, '_compile').call(module, code, filename)
}

// As jest.config.cjs does it: PG_SANDBOX_TEST_PG=8.11 takes the oldest version of pg.
const oldPg = process.env.PG_SANDBOX_TEST_PG
const resolve = Reflect.get(Module, '_resolveFilename')
Reflect.set(Module, '_resolveFilename', (/** @type {string} */ request, /** @type {unknown[]} */ ...rest) =>
  resolve(oldPg ? request.replace(/^pg(?=$|\/)/, `pg-${oldPg}`) : request, ...rest),
)
