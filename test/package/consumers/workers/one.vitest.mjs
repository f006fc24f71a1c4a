import { test } from 'vitest'
import { usesItsOwn } from './cases.cjs'

test('uses its own database', usesItsOwn)
