PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE people(id integer primary key, code text, name text);
INSERT INTO people VALUES(1,'001','Renamed 1');
INSERT INTO people VALUES(2,'002','Person 2');
INSERT INTO people VALUES(3,'003','Left 3');
INSERT INTO people VALUES(4,'004','Person 4');
INSERT INTO people VALUES(5,'005','Person 5');
COMMIT;
