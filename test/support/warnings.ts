/** Warnings of the process, in place of their lines on stderr. */
export interface Emitted {
  readonly type: string
  readonly code: string
  readonly text: string
}

/** Listens in each test of the file; what is returned gives the warnings of the present one. */
export function spyOnWarnings(): () => readonly Emitted[] {
  let emitted: Emitted[] = []
  beforeEach(() => {
    emitted = []
    jest.spyOn(process, 'emitWarning').mockImplementation((text, options) => {
      emitted.push({ ...(options as unknown as Emitted), text: String(text) })
    })
  })
  afterEach(() => jest.restoreAllMocks())
  return () => emitted
}
