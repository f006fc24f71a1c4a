import { NestFactory } from '@nestjs/core'
import { TypeOrmModule } from '@nestjs/typeorm'
import { DataSource } from 'typeorm'
import type { Adapter } from '../instance.ts'
import { dataSourceOptions, typeormInstance } from './typeorm.ts'

/** An application for each test, and so a new DataSource. */
export const adapter: Adapter = {
  opensForEachTest: true,
  takesOnConnect: true,
  async open(url, options) {
    const database = TypeOrmModule.forRoot(dataSourceOptions(url, options))
    const app = await NestFactory.createApplicationContext(database, { logger: false })
    const { migrations: _, ...instance } = typeormInstance(app.get(DataSource), url)
    return { ...instance, close: () => app.close() }
  },
}
