import { startupOptions } from '../../../src/driver/startup-options.ts'

const read = (options: string | undefined): unknown => {
  const { shared, rest } = startupOptions(options)
  return [Object.fromEntries(shared), rest]
}

test.each([
  ['-c statement_timeout=5000', { statement_timeout: '5000' }],
  ['-cstatement_timeout=5s', { statement_timeout: '5s' }],
  ['--statement-timeout=5s --Lock_Timeout=1min', { statement_timeout: '5s', lock_timeout: '1min' }],
  [String.raw`-c search_path=a,\ "B",$user`, { search_path: 'a, "B",$user' }],
  ['-c statement_timeout=1 -c statement_timeout=2', { statement_timeout: '2' }],
  ['', {}],
  [undefined, {}],
])('%p are settings that can be shared', (options, settings) => {
  expect(read(options)).toEqual([settings, ''])
})

test.each([
  '-c no_such_setting=1',
  '-c statement_timeout=abc',
  '-c statement_timeout=9999999999',
  '-c search_path="a',
  '-c standard_conforming_strings=off',
  '-c client_encoding=GBK',
  '-c',
  '-c statement_timeout',
  '-B 16 -e',
  String.raw`-c app.name=a\ b\\c`,
])('%p is left as it is', (options) => {
  expect(read(options)).toEqual([{}, options])
})

test('one is told from the other', () => {
  expect(read('-c geqo=off  -c lock_timeout=1 -e')).toEqual([{ lock_timeout: '1' }, '-c geqo=off -e'])
})
