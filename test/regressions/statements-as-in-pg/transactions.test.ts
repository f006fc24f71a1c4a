import { other, useScripts } from './script.ts'

const asInPg = useScripts()

asInPg('a read-only transaction refuses what writes, and gives its mode on with AND CHAIN', [
  'begin read only',
  'insert into notes values (1)',
  'rollback',
  'begin read only',
  'select * from writing',
  'commit',
  'begin',
  'set transaction read only',
  'select 1 as a',
  'set transaction read write',
  'rollback',
  'insert into notes values (1)',
  'begin read only',
  'select 1 as a',
  'commit and chain',
  'insert into notes values (2)',
  'commit',
  'insert into notes values (3)',
  'select * from notes',
])

asInPg('SET TRANSACTION READ ONLY behind a savepoint ends with ROLLBACK TO', [
  'begin',
  'insert into notes values (1)',
  'savepoint a',
  'set transaction read only',
  'insert into notes values (2)',
  'rollback to a',
  'insert into notes values (3)',
  'set transaction read write',
  'insert into notes values (4)',
  'commit',
  'select * from notes',
])

asInPg('SET transaction_isolation is taken in a transaction', [
  'begin',
  "set transaction_isolation = 'repeatable read'",
  'select 1 as a',
  'commit',
])

asInPg('SET LOCAL transaction_read_only ends with its transaction', [
  'begin',
  'set local transaction_read_only = on',
  'insert into notes values (1)',
  'rollback',
  'insert into notes values (2)',
  'select * from notes',
])

asInPg("savepoints of the application may be called like the sandbox's, twice, or not be there", [
  'begin',
  'savepoint "guard"',
  'insert into notes values (1)',
  'savepoint "GUARD"',
  'insert into notes values (2)',
  'rollback to guard',
  'insert into notes values (3)',
  'release guard',
  'rollback to guard',
  'commit',
  'select * from notes',
  'begin',
  'savepoint s',
  'savepoint s',
  'insert into notes values (7)',
  'rollback to s',
  'release s',
  'release s',
  'commit',
  'begin',
  'rollback to nope',
  'select 1',
  'commit',
])

asInPg('a BEGIN with modes fails, or warns in a transaction, as the server has it', [
  'begin isolation level nonsense',
  'select 1 as a',
  'begin; begin isolation level serializable; commit',
  'start transaction isolation level serializable, read only',
  'select 1 as a',
  'commit',
])

asInPg('two clients take turns with their transactions', [
  'begin',
  'insert into notes values (1)',
  'commit',
  other('begin'),
  other('insert into notes values (1)'),
  other('select 1'),
  other('commit'),
  other('insert into notes values (2)'),
  'select * from notes',
  other('begin; insert into notes values (3); rollback'),
  'select * from notes',
])

asInPg('a deferred foreign key is checked at COMMIT, with savepoints before it', [
  'begin',
  'insert into child values (1, 9)',
  'savepoint a',
  'set constraints all immediate',
  'rollback to a',
  'insert into notes values (9)',
  'set constraints all immediate',
  'commit',
  'select * from child',
  'begin',
  'insert into child values (2, 10)',
  'savepoint a',
  'insert into notes values (10)',
  'rollback to a',
  'commit',
  'select * from child',
])

asInPg('SET CONSTRAINTS defers a unique key until the end of its transaction', [
  'begin',
  'set constraints shifty_id deferred',
  'insert into shifty values (1), (1)',
  'commit',
  'begin',
  'insert into shifty values (1), (1)',
  'commit',
  'begin; set constraints all deferred; insert into shifty values (1),(1); commit',
  'begin',
  'set constraints shifty_id deferred',
  'insert into shifty values (2)',
  'commit',
  'begin',
  'insert into shifty values (2)',
  'rollback',
  'select * from shifty',
])

asInPg('a deferred check fails at COMMIT AND CHAIN', [
  'begin',
  'insert into child values (1, 9)',
  'commit and chain',
  'select 1 as one',
  'commit',
  'begin',
  'insert into notes values (4)',
  'commit and chain',
  'insert into notes values (4)',
  'rollback and chain',
  'insert into notes values (5)',
  'commit',
  'select * from notes',
])
