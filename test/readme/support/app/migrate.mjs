import pg from 'pg'

const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
await client.connect()
await client.query('create table users (id serial primary key, email text not null unique)')
await client.query('create table sessions (user_id int not null references users)')
await client.end()
