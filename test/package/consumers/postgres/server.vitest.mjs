import { test } from 'vitest'
import { findsServer } from './cases.cjs'

test('finds the server', findsServer)
