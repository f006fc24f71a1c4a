const { usesItsOwn } = require('./cases.cjs')

test('uses its own database', usesItsOwn)
