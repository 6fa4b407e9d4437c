PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE persons(id integer primary key, code text, full_name text);
INSERT INTO persons VALUES(1,'001','Renamed 1');
INSERT INTO persons VALUES(2,'002','Person 2');
INSERT INTO persons VALUES(3,'003','Right 3');
INSERT INTO persons VALUES(4,'004','Person 4');
INSERT INTO persons VALUES(5,'005','Person 5');
COMMIT;
