// Builds pg-sandbox from the sources of the main project into node_modules/, as npm would install it: so that it takes
// the same copy of pg as the libraries here.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'

const root = path.join(import.meta.dirname, '..', '..')
const target = path.join(import.meta.dirname, 'node_modules', 'pg-sandbox')
const compiler = path.join(root, 'node_modules', '.bin', 'tsc')

if (!existsSync(compiler)) execFileSync('npm', ['ci'], { cwd: root, stdio: 'inherit' })
rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
copyFileSync(path.join(root, 'package.json'), path.join(target, 'package.json'))
execFileSync(compiler, ['--outDir', path.join(target, 'dist')], { cwd: root, stdio: 'inherit' })
rmSync(path.join(import.meta.dirname, 'dist'), { recursive: true, force: true })
execFileSync(compiler, ['--project', import.meta.dirname], { stdio: 'inherit' })
