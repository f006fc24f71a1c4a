create table invoices (id int primary key);
--> statement-breakpoint
insert into invoices values (1);
