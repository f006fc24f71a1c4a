create table users (id serial primary key, email text not null unique);
create table sessions (user_id int not null references users);
