-- Up Migration
create table invoices (id int primary key);
insert into invoices values (1);

-- Down Migration
drop table invoices;
