import test from 'node:test'
import { usesItsOwn } from './cases.cjs'

test('uses its own database', usesItsOwn)
