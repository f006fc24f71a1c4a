/** Templates: databases made once for all that are cloned from them. */
import type { Recipe } from './recipe.ts'
import type { CopyStrategy } from './mark.ts'
import type { Release, Server } from './server.ts'

export interface Template {
  readonly name: string
  readonly hash: string
  /** The fastest way to copy it on its server. */
  readonly strategy: CopyStrategy | undefined
  /** From then on another run may drop it, once the recipe has changed. */
  readonly release: Release
}

export interface TemplateOptions {
  /** Milliseconds to make it, or to wait for another process that makes it. Default: 300000. */
  readonly limit?: number | undefined
  /** How clones of it are copied. Default: the fastest, which is measured once. */
  readonly strategy?: CopyStrategy | undefined
}

export declare function ensureTemplate(
  server: Server,
  recipe: Recipe,
  options?: TemplateOptions,
): Promise<Template>
