declare module 'bookshelf'
declare module 'connect-pg-simple'
declare module 'express-session'
declare module 'knex-0.21'
