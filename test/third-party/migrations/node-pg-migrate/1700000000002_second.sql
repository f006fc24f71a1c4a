-- Up Migration
create table reminders (id int);
insert into nowhere values (1);

-- Down Migration
drop table reminders;
