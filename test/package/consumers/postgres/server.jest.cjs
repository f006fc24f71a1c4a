const { findsServer } = require('./cases.cjs')

test('finds the server', findsServer)
