create table reminders (id int);
--> statement-breakpoint
insert into nowhere values (1);
