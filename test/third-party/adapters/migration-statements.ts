/** What the migrations of every library do; see `Migrations`. */
export const FIRST_UP = [
  'create table invoices (id int primary key)',
  'insert into invoices values (1)',
] as const
export const FIRST_DOWN = 'drop table invoices'
export const SECOND_UP = ['create table reminders (id int)', 'insert into nowhere values (1)'] as const
