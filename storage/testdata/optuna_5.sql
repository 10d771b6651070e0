BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v3.2.0.a');
CREATE TABLE studies (
	study_id INTEGER NOT NULL, 
	study_name VARCHAR(512) NOT NULL, 
	PRIMARY KEY (study_id)
);
INSERT INTO "studies" VALUES(1,'zwei ziele');
INSERT INTO "studies" VALUES(2,'eins');
CREATE TABLE study_directions (
	study_direction_id INTEGER NOT NULL, 
	direction VARCHAR(8) NOT NULL, 
	study_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	PRIMARY KEY (study_direction_id), 
	UNIQUE (study_id, objective), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_directions" VALUES(1,'MINIMIZE',1,0);
INSERT INTO "study_directions" VALUES(2,'MAXIMIZE',1,1);
INSERT INTO "study_directions" VALUES(3,'MINIMIZE',2,0);
CREATE TABLE study_system_attributes (
	study_system_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_system_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_system_attributes" VALUES(1,1,'study:metric_names','["error", "speed"]');
CREATE TABLE study_user_attributes (
	study_user_attribute_id INTEGER NOT NULL, 
	study_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (study_user_attribute_id), 
	UNIQUE (study_id, "key"), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "study_user_attributes" VALUES(1,2,'owner','{"a": [1, null, true]}');
CREATE TABLE trial_heartbeats (
	trial_heartbeat_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY (trial_heartbeat_id), 
	UNIQUE (trial_id), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
CREATE TABLE trial_intermediate_values (
	trial_intermediate_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	intermediate_value FLOAT, 
	intermediate_value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_intermediate_value_id), 
	UNIQUE (trial_id, step), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_intermediate_values" VALUES(1,3,0,0.01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(2,3,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(3,3,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(4,4,0,1.00131765609412558357e-05,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(5,4,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(6,4,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(7,5,0,2.66745745914557519373e-02,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(8,5,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(9,5,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(10,6,0,1.00860900986859847172e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(11,7,0,3.102659874514129395e-05,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(12,7,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(13,7,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(14,8,0,5.63276424719771282023e-02,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(15,8,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(16,8,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(17,9,0,4.46830552293513239611e-05,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(18,9,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(19,9,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(20,10,0,8.84153528615021395975e-03,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(21,10,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(22,10,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(23,11,0,5.28413348444388697444e-01,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(24,11,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(25,11,2,NULL,'INF_POS');
INSERT INTO "trial_intermediate_values" VALUES(26,12,0,5.48061504700648105189e-04,'FINITE');
INSERT INTO "trial_intermediate_values" VALUES(27,12,1,NULL,'NAN');
INSERT INTO "trial_intermediate_values" VALUES(28,12,2,NULL,'INF_POS');
CREATE TABLE trial_params (
	param_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	param_name VARCHAR(512), 
	param_value FLOAT, 
	distribution_json TEXT, 
	PRIMARY KEY (param_id), 
	UNIQUE (trial_id, param_name), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_params" VALUES(1,1,'x',0.417022004702574,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(2,1,'n',6.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 8}}');
INSERT INTO "trial_params" VALUES(3,2,'x',1.1437481734488663676e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}}');
INSERT INTO "trial_params" VALUES(4,2,'n',3.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 8}}');
INSERT INTO "trial_params" VALUES(5,3,'lr',0.01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(6,3,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(7,3,'k',4.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(8,3,'b',96.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(9,4,'lr',1.00131765609412558357e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(10,4,'opt',5.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(11,4,'k',7.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(12,4,'b',64.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(13,5,'lr',2.66745745914557519373e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(14,5,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(15,5,'k',1.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(16,5,'b',32.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(17,6,'lr',1.00860900986859847172e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(18,6,'opt',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(19,6,'mom',0.0,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(20,6,'k',1.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(21,6,'b',128.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(22,7,'lr',3.102659874514129395e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(23,7,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(24,7,'k',29.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(25,7,'b',16.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(26,8,'lr',5.63276424719771282023e-02,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(27,8,'opt',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(28,8,'mom',0.9,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(29,8,'k',2.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(30,8,'b',48.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(31,9,'lr',4.46830552293513239611e-05,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(32,9,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(33,9,'k',8.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(34,9,'b',32.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(35,10,'lr',8.84153528615021395975e-03,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(36,10,'opt',0.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(37,10,'mom',0.5,'{"name": "FloatDistribution", "attributes": {"step": 0.1, "low": 0.0, "high": 0.9, "log": false}}');
INSERT INTO "trial_params" VALUES(38,10,'k',13.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(39,10,'b',80.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(40,11,'lr',5.28413348444388697444e-01,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(41,11,'opt',1.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(42,11,'k',1.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(43,11,'b',128.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(44,12,'lr',5.48061504700648105189e-04,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
INSERT INTO "trial_params" VALUES(45,12,'opt',2.0,'{"name": "CategoricalDistribution", "attributes": {"choices": ["sgd", "adam", null, true, 3, 2.5]}}');
INSERT INTO "trial_params" VALUES(46,12,'k',2.0,'{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 64}}');
INSERT INTO "trial_params" VALUES(47,12,'b',128.0,'{"name": "IntDistribution", "attributes": {"log": false, "step": 16, "low": 16, "high": 128}}');
INSERT INTO "trial_params" VALUES(48,13,'lr',0.5,'{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-05, "high": 1.0, "log": true}}');
CREATE TABLE trial_system_attributes (
	trial_system_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_system_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_system_attributes" VALUES(1,3,'fixed_params','{"lr": 0.01, "opt": "adam"}');
INSERT INTO "trial_system_attributes" VALUES(2,3,'constraints','[-0.09000000000000001, 0.5]');
INSERT INTO "trial_system_attributes" VALUES(3,4,'constraints','[-0.09998998682343907, 0.5]');
INSERT INTO "trial_system_attributes" VALUES(4,5,'constraints','[-0.07332542540854425, 0.5]');
INSERT INTO "trial_system_attributes" VALUES(5,6,'constraints','[0.0008609009868598416, 0.5]');
INSERT INTO "trial_system_attributes" VALUES(6,9,'constraints','[-0.09995531694477065, 0.5]');
INSERT INTO "trial_system_attributes" VALUES(7,10,'constraints','[-0.0911584647138498, 0.5]');
INSERT INTO "trial_system_attributes" VALUES(8,11,'constraints','[0.4284133484443887, 0.5]');
INSERT INTO "trial_system_attributes" VALUES(9,12,'constraints','[-0.09945193849529936, 0.5]');
INSERT INTO "trial_system_attributes" VALUES(10,13,'fixed_params','{"lr": 0.5}');
INSERT INTO "trial_system_attributes" VALUES(11,14,'fixed_params','{"lr": 0.25}');
CREATE TABLE trial_user_attributes (
	trial_user_attribute_id INTEGER NOT NULL, 
	trial_id INTEGER, 
	"key" VARCHAR(512), 
	value_json TEXT, 
	PRIMARY KEY (trial_user_attribute_id), 
	UNIQUE (trial_id, "key"), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_user_attributes" VALUES(1,3,'who','"me"');
INSERT INTO "trial_user_attributes" VALUES(2,3,'c','-0.09000000000000001');
INSERT INTO "trial_user_attributes" VALUES(3,4,'c','-0.09998998682343907');
INSERT INTO "trial_user_attributes" VALUES(4,5,'c','-0.07332542540854425');
INSERT INTO "trial_user_attributes" VALUES(5,6,'c','0.0008609009868598416');
INSERT INTO "trial_user_attributes" VALUES(6,7,'c','-0.09996897340125487');
INSERT INTO "trial_user_attributes" VALUES(7,8,'c','-0.04367235752802288');
INSERT INTO "trial_user_attributes" VALUES(8,9,'c','-0.09995531694477065');
INSERT INTO "trial_user_attributes" VALUES(9,10,'c','-0.0911584647138498');
INSERT INTO "trial_user_attributes" VALUES(10,11,'c','0.4284133484443887');
INSERT INTO "trial_user_attributes" VALUES(11,12,'c','-0.09945193849529936');
CREATE TABLE trial_values (
	trial_value_id INTEGER NOT NULL, 
	trial_id INTEGER NOT NULL, 
	objective INTEGER NOT NULL, 
	value FLOAT, 
	value_type VARCHAR(7) NOT NULL, 
	PRIMARY KEY (trial_value_id), 
	UNIQUE (trial_id, objective), 
	FOREIGN KEY(trial_id) REFERENCES trials (trial_id)
);
INSERT INTO "trial_values" VALUES(1,1,0,0.417022004702574,'FINITE');
INSERT INTO "trial_values" VALUES(2,1,1,6.0,'FINITE');
INSERT INTO "trial_values" VALUES(3,2,0,1.1437481734488663676e-04,'FINITE');
INSERT INTO "trial_values" VALUES(4,2,1,3.0,'FINITE');
INSERT INTO "trial_values" VALUES(5,3,0,0.01,'FINITE');
INSERT INTO "trial_values" VALUES(6,4,0,1.00131765609412558357e-05,'FINITE');
INSERT INTO "trial_values" VALUES(7,5,0,2.66745745914557519373e-02,'FINITE');
INSERT INTO "trial_values" VALUES(8,6,0,1.00860900986859847172e-01,'FINITE');
INSERT INTO "trial_values" VALUES(9,9,0,NULL,'INF_POS');
INSERT INTO "trial_values" VALUES(10,10,0,8.84153528615021395975e-03,'FINITE');
INSERT INTO "trial_values" VALUES(11,11,0,5.28413348444388697444e-01,'FINITE');
INSERT INTO "trial_values" VALUES(12,12,0,5.48061504700648105189e-04,'FINITE');
CREATE TABLE trials (
	trial_id INTEGER NOT NULL, 
	number INTEGER, 
	study_id INTEGER, 
	state VARCHAR(8) NOT NULL, 
	datetime_start DATETIME, 
	datetime_complete DATETIME, 
	PRIMARY KEY (trial_id), 
	FOREIGN KEY(study_id) REFERENCES studies (study_id)
);
INSERT INTO "trials" VALUES(1,0,1,'COMPLETE','2026-11-25 07:32:23.130996','2026-11-25 07:32:23.188970');
INSERT INTO "trials" VALUES(2,1,1,'COMPLETE','2026-11-25 07:32:23.221517','2026-11-25 07:32:23.279939');
INSERT INTO "trials" VALUES(3,0,2,'COMPLETE','2026-11-25 07:32:23.388406','2026-11-25 07:32:23.612720');
INSERT INTO "trials" VALUES(4,1,2,'COMPLETE','2026-11-25 07:32:23.636837','2026-11-25 07:32:23.760187');
INSERT INTO "trials" VALUES(5,2,2,'COMPLETE','2026-11-25 07:32:23.771384','2026-11-25 07:32:23.956465');
INSERT INTO "trials" VALUES(6,3,2,'PRUNED','2026-11-25 07:32:23.977954','2026-11-25 07:32:24.164395');
INSERT INTO "trials" VALUES(7,4,2,'FAIL','2026-11-25 07:32:24.186373','2026-11-25 07:32:24.349421');
INSERT INTO "trials" VALUES(8,5,2,'FAIL','2026-11-25 07:32:24.374528','2026-11-25 07:32:24.548995');
INSERT INTO "trials" VALUES(9,6,2,'COMPLETE','2026-11-25 07:32:24.573153','2026-11-25 07:32:24.796092');
INSERT INTO "trials" VALUES(10,7,2,'COMPLETE','2026-11-25 07:32:24.807013','2026-11-25 07:32:24.909213');
INSERT INTO "trials" VALUES(11,8,2,'COMPLETE','2026-11-25 07:32:24.928635','2026-11-25 07:32:25.108234');
INSERT INTO "trials" VALUES(12,9,2,'COMPLETE','2026-11-25 07:32:25.126545','2026-11-25 07:32:25.281225');
INSERT INTO "trials" VALUES(13,10,2,'RUNNING','2026-11-25 07:32:25.301423',NULL);
INSERT INTO "trials" VALUES(14,11,2,'WAITING',NULL,NULL);
CREATE TABLE version_info (
	version_info_id INTEGER NOT NULL, 
	schema_version INTEGER, 
	library_version VARCHAR(256), 
	PRIMARY KEY (version_info_id), 
	CHECK (version_info_id=1)
);
INSERT INTO "version_info" VALUES(1,12,'5.0.0');
CREATE UNIQUE INDEX ix_studies_study_name ON studies (study_name);
CREATE INDEX ix_trials_study_id ON trials (study_id);
COMMIT;
